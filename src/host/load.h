/* Loading files: from a path to a component that can be instantiated, with the settings that its
 * interfaces are to have. */
#ifndef WY_HOST_LOAD_H
#define WY_HOST_LOAD_H

#include "engine/engine.h"
#include "host/settings.h"
#include "withy.h"

/* A file mapped into memory. */
typedef struct wy_file {
    const uint8_t *bytes;
    size_t len;
    wy_file_id id;
} wy_file;

/* WY_NOT_FOUND, WY_IO, WY_LIMIT (WY_MAX_COMPONENT_BYTES). */
wy_err wy_file_map(const char *path, wy_file *file_out, wy_diag *diag) WY_MUST_USE;
void wy_file_unmap(wy_file *file);
/* Puts memory of the process with the same content in the mapping's place, so that whoever
 * overwrites the file meanwhile does no harm (reading a mapping beyond the end of its file is a
 * fatal signal). */
wy_err wy_file_keep(wy_file *file, wy_diag *diag) WY_MUST_USE;

/* WY_OK for a component; else an error that tells what the bytes are, and what to do. */
wy_err wy_host_check_kind(const uint8_t *bytes, size_t len, wy_diag *diag) WY_MUST_USE;

/* The engine as the options want it. */
wy_err wy_host_engine(const withy_options *options, own wy_engine **engine_out,
                      wy_diag *diag) WY_MUST_USE;

/* A component with its file and its settings; freed together. */
typedef struct wy_guest wy_guest;

/* Accepts components and ahead-of-time files. Errors begin with the path. */
wy_err wy_guest_load(wy_engine *engine, const withy_options *options,
                     const wy_settings_config *config, own wy_guest **guest_out,
                     wy_diag *diag) WY_MUST_USE;
void wy_guest_free(own wy_guest *guest);
const wy_component *wy_guest_component(const wy_guest *guest);

/* The last name of a path; a view. */
wy_str wy_host_file_name(const char *path);

/* Puts the offset, where there is one, and the path in front of a diagnosis. */
void wy_host_place(wy_diag *diag, const char *path);

/* Copies a diagnosis into the library's error, and returns its exit status. */
int wy_host_fail(const wy_diag *diag, withy_error *error);
/* The same for functions that return a status; `err` is not WY_OK. */
withy_status wy_host_status(wy_err err, wy_diag *diag, withy_error *error);

/* --- pieces of loading a file --- */

/* Memory of the process with a copy of the bytes, to be unmapped like a file. */
wy_err wy_file_copy(const void *bytes, size_t len, wy_file *file_out, wy_diag *diag) WY_MUST_USE;
/* The component in a file: all of it, or the part of an ahead-of-time file, which is attached to
 * the engine then. */
wy_err wy_file_component(const wy_file *file, wy_engine *engine, wy_str *component_out,
                         wy_diag *diag) WY_MUST_USE;

#endif
