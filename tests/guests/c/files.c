// Reads and changes files below the folders that the host has opened for it:
// /ACTION?path=P[&dir=N][&text=T][&to=P].
#include "guest.h"

typedef wasi_filesystem_types_borrow_descriptor_t folder;
typedef wasi_filesystem_types_error_code_t error_code;

enum {
    FOLLOW = WASI_FILESYSTEM_TYPES_PATH_FLAGS_SYMLINK_FOLLOW,
    READ = WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ,
    WRITE = WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_WRITE,
    MUTATE = WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_MUTATE_DIRECTORY,
    CREATE = WASI_FILESYSTEM_TYPES_OPEN_FLAGS_CREATE,
    DIRECTORY = WASI_FILESYSTEM_TYPES_OPEN_FLAGS_DIRECTORY,
    TRUNCATE = WASI_FILESYSTEM_TYPES_OPEN_FLAGS_TRUNCATE,
};

static const char *const errors[] = {
    "access",
    "would-block",
    "already",
    "bad-descriptor",
    "busy",
    "deadlock",
    "quota",
    "exist",
    "file-too-large",
    "illegal-byte-sequence",
    "in-progress",
    "interrupted",
    "invalid",
    "io",
    "is-directory",
    "loop",
    "too-many-links",
    "message-size",
    "name-too-long",
    "no-device",
    "no-entry",
    "no-lock",
    "insufficient-memory",
    "insufficient-space",
    "not-directory",
    "not-empty",
    "not-recoverable",
    "unsupported",
    "no-tty",
    "no-such-device",
    "overflow",
    "not-permitted",
    "pipe",
    "read-only",
    "invalid-seek",
    "text-file-busy",
    "cross-device",
};

static const char *const types[] = {
    "unknown", "block-device",  "character-device", "directory",
    "fifo",    "symbolic-link", "regular-file",     "socket",
};

// What one action gets.
typedef struct context {
    folder dir;
    guest_string_t path, text, to;
    response *out;
} context;

typedef bool action(context *c, error_code *error);

static bool do_read(context *c, error_code *error) {
    wasi_filesystem_types_own_descriptor_t file;
    wasi_filesystem_types_own_input_stream_t stream;
    if (!wasi_filesystem_types_method_descriptor_open_at(c->dir, FOLLOW, &c->path, 0, READ, &file,
                                                         error)) {
        return false;
    }
    if (!wasi_filesystem_types_method_descriptor_read_via_stream((folder){file.__handle}, 0,
                                                                 &stream, error)) {
        return false;
    }
    guest_list_u8_t part;
    wasi_io_streams_stream_error_t stream_error;
    while (wasi_io_streams_method_input_stream_blocking_read(
        (wasi_io_streams_borrow_input_stream_t){stream.__handle}, 65536, &part, &stream_error)) {
        write_bytes(c->out, part.ptr, part.len);
        guest_list_u8_free(&part);
    }
    if (stream_error.tag != WASI_IO_STREAMS_STREAM_ERROR_CLOSED) {
        *error = WASI_FILESYSTEM_TYPES_ERROR_CODE_IO;
        wasi_filesystem_types_filesystem_error_code(
            (wasi_io_error_borrow_error_t){stream_error.val.last_operation_failed.__handle}, error);
        return false;
    }
    wasi_io_streams_input_stream_drop_own(stream);
    wasi_filesystem_types_descriptor_drop_own(file);
    return true;
}

static bool put(context *c, wasi_filesystem_types_open_flags_t flags, bool append,
                error_code *error) {
    wasi_filesystem_types_own_descriptor_t file;
    wasi_filesystem_types_own_output_stream_t stream;
    if (!wasi_filesystem_types_method_descriptor_open_at(c->dir, FOLLOW, &c->path, flags, WRITE,
                                                         &file, error)) {
        return false;
    }
    folder self = {file.__handle};
    if (!(append ? wasi_filesystem_types_method_descriptor_append_via_stream(self, &stream, error)
                 : wasi_filesystem_types_method_descriptor_write_via_stream(self, 0, &stream,
                                                                            error))) {
        return false;
    }
    guest_list_u8_t bytes = {.ptr = c->text.ptr, .len = c->text.len};
    wasi_io_streams_stream_error_t stream_error;
    if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(
            (wasi_io_streams_borrow_output_stream_t){stream.__handle}, &bytes, &stream_error)) {
        *error = WASI_FILESYSTEM_TYPES_ERROR_CODE_IO;
        return false;
    }
    wasi_io_streams_output_stream_drop_own(stream);
    wasi_filesystem_types_descriptor_drop_own(file);
    return true;
}

static bool do_write(context *c, error_code *error) {
    return put(c, CREATE | TRUNCATE, false, error);
}

static bool do_append(context *c, error_code *error) {
    return put(c, CREATE, true, error);
}

static bool do_list(context *c, error_code *error) {
    wasi_filesystem_types_own_descriptor_t dir;
    wasi_filesystem_types_own_directory_entry_stream_t stream;
    if (!wasi_filesystem_types_method_descriptor_open_at(c->dir, FOLLOW, &c->path, DIRECTORY, READ,
                                                         &dir, error)) {
        return false;
    }
    if (!wasi_filesystem_types_method_descriptor_read_directory((folder){dir.__handle}, &stream,
                                                                error)) {
        return false;
    }
    wasi_filesystem_types_borrow_directory_entry_stream_t entries = {stream.__handle};
    wasi_filesystem_types_option_directory_entry_t entry;
    while (wasi_filesystem_types_method_directory_entry_stream_read_directory_entry(entries, &entry,
                                                                                    error)) {
        if (!entry.is_some) {
            wasi_filesystem_types_directory_entry_stream_drop_own(stream);
            wasi_filesystem_types_descriptor_drop_own(dir);
            return true;
        }
        write_text(c->out, types[entry.val.type]);
        write_text(c->out, " ");
        write_string(c->out, entry.val.name);
        write_text(c->out, "\n");
        wasi_filesystem_types_directory_entry_free(&entry.val);
    }
    return false;
}

static bool do_stat(context *c, error_code *error) {
    wasi_filesystem_types_descriptor_stat_t stat;
    if (!wasi_filesystem_types_method_descriptor_stat_at(c->dir, 0, &c->path, &stat, error)) {
        return false;
    }
    write_text(c->out, types[stat.type]);
    write_text(c->out, " ");
    write_number(c->out, (int64_t)stat.size);
    write_text(c->out, stat.data_modification_timestamp.is_some ? " dated\n" : " undated\n");
    return true;
}

static bool do_mkdir(context *c, error_code *error) {
    return wasi_filesystem_types_method_descriptor_create_directory_at(c->dir, &c->path, error);
}

static bool do_rmdir(context *c, error_code *error) {
    return wasi_filesystem_types_method_descriptor_remove_directory_at(c->dir, &c->path, error);
}

static bool do_unlink(context *c, error_code *error) {
    return wasi_filesystem_types_method_descriptor_unlink_file_at(c->dir, &c->path, error);
}

static bool do_rename(context *c, error_code *error) {
    return wasi_filesystem_types_method_descriptor_rename_at(c->dir, &c->path, c->dir, &c->to,
                                                             error);
}

static bool do_link(context *c, error_code *error) {
    return wasi_filesystem_types_method_descriptor_link_at(c->dir, 0, &c->path, c->dir, &c->to,
                                                           error);
}

static bool do_symlink(context *c, error_code *error) {
    return wasi_filesystem_types_method_descriptor_symlink_at(c->dir, &c->to, &c->path, error);
}

static bool do_readlink(context *c, error_code *error) {
    guest_string_t target;
    if (!wasi_filesystem_types_method_descriptor_readlink_at(c->dir, &c->path, &target, error)) {
        return false;
    }
    write_string(c->out, target);
    write_text(c->out, "\n");
    return true;
}

static bool do_truncate(context *c, error_code *error) {
    wasi_filesystem_types_own_descriptor_t file;
    if (!wasi_filesystem_types_method_descriptor_open_at(c->dir, FOLLOW, &c->path, 0, WRITE, &file,
                                                         error)) {
        return false;
    }
    bool done = wasi_filesystem_types_method_descriptor_set_size((folder){file.__handle}, 3, error);
    wasi_filesystem_types_descriptor_drop_own(file);
    return done;
}

// Opens a folder below the given one, for changing it, and makes a file in there.
static bool do_inside(context *c, error_code *error) {
    wasi_filesystem_types_own_descriptor_t dir;
    if (!wasi_filesystem_types_method_descriptor_open_at(c->dir, FOLLOW, &c->path, DIRECTORY,
                                                         READ | MUTATE, &dir, error)) {
        return false;
    }
    context inner = *c;
    inner.dir = (folder){dir.__handle};
    inner.path = c->to;
    bool done = do_write(&inner, error);
    wasi_filesystem_types_descriptor_drop_own(dir);
    return done;
}

static const struct {
    const char *name;
    action *run;
} actions[] = {
    {"/readlink", do_readlink}, {"/read", do_read},     {"/write", do_write},
    {"/append", do_append},     {"/list", do_list},     {"/stat", do_stat},
    {"/mkdir", do_mkdir},       {"/rmdir", do_rmdir},   {"/unlink", do_unlink},
    {"/rename", do_rename},     {"/link", do_link},     {"/symlink", do_symlink},
    {"/truncate", do_truncate}, {"/inside", do_inside},
};

static void run(guest_string_t path, response *out) {
    wasi_filesystem_preopens_list_tuple2_own_descriptor_string_t dirs;
    wasi_filesystem_preopens_get_directories(&dirs);
    uint64_t which = query_number(path, "dir", 0);
    if (starts_with(path, "/dirs") || which >= dirs.len) {
        for (size_t i = 0; i < dirs.len; i++) {
            write_string(out, dirs.ptr[i].f1);
            write_text(out, "\n");
        }
        return;
    }
    context c = {.dir = {dirs.ptr[which].f0.__handle},
                 .path = text("."),
                 .text = text("some text\n"),
                 .to = text("other"),
                 .out = out};
    query(path, "path", &c.path);
    query(path, "text", &c.text);
    query(path, "to", &c.to);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (starts_with(path, actions[i].name)) {
            error_code error = 0;
            if (actions[i].run(&c, &error)) {
                write_text(out, "ok\n");
            } else {
                write_text(out, "error ");
                write_text(out, errors[error]);
                write_text(out, "\n");
            }
            return;
        }
    }
    write_text(out, "unknown action\n");
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    guest_string_t path =
        request_path((wasi_http_types_borrow_incoming_request_t){request.__handle});
    response to = respond_text(out, 200);
    run(path, &to);
    finish(&to);
}
