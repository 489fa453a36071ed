#include "capability/llm/model_file.h"

#include "base/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static wy_arena arena;

static const char *below(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void make_file(const char *name) {
    int fd = open(below(name), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void make_folder(const char *name) {
    assert_int_equal(mkdir(below(name), 0700), 0);
}

static wy_llm_request request;

static wy_llm_status find(const char *name, const char **path_out) {
    request = (wy_llm_request){.arena = &arena, .model = wy_str_of(name)};
    return wy_llm_model_file(root, &request, path_out);
}

static void expect(const char *name, const char *path) {
    const char *found = NULL;
    assert_int_equal(find(name, &found), WY_LLM_OK);
    assert_string_equal(found, below(path));
}

static void expect_none(const char *name) {
    const char *found = NULL;
    assert_int_equal(find(name, &found), WY_LLM_NO_MODEL);
}

TEST(models_lie_in_files_and_folders) {
    wy_arena_init(&arena, 1 << 20);
    snprintf(root, sizeof root, "/tmp/withy-models-XXXXXX");
    assert_non_null(mkdtemp(root));
    make_file("plain");
    make_file("ending.gguf");
    make_folder("llama");
    make_folder("llama/chat");
    make_file("llama/chat/b-00002.gguf");
    make_file("llama/chat/b-00001.gguf");
    make_file("llama/chat/.a.gguf");
    make_file("llama/code.gguf");
    make_folder("bert");
    make_file("bert/code.gguf");
    make_folder("weights");
    make_file("weights/model.safetensors");
    make_folder("empty");
    expect("plain", "plain");
    expect("ending", "ending.gguf");
    expect("ending.gguf", "ending.gguf");
    expect("chat", "llama/chat/b-00001.gguf");
    expect("llama/chat", "llama/chat/b-00001.gguf");
    expect("code", "bert/code.gguf");
    expect_none("absent");
    expect_none("empty");
    const char *found = NULL;
    assert_int_equal(find("weights", &found), WY_LLM_FAILED);
    assert_non_null(strstr(request.text, "safetensors"));
    char remove[80];
    snprintf(remove, sizeof remove, "rm -r %s", root);
    assert_int_equal(system(remove), 0);
    wy_arena_deinit(&arena);
}

TEST(names_do_not_lead_out_of_the_folder) {
    static const char *const names[] = {"",          ".",    "..", "../passwd", "/etc/passwd",
                                        "a/../../b", "a//b", "a/", ".hidden"};
    wy_arena_init(&arena, 1 << 20);
    snprintf(root, sizeof root, "/etc/ssl");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_none(names[i]);
    wy_arena_deinit(&arena);
}
