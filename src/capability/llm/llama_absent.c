/* What stands for llama.c in builds without llama.cpp. */
#include "capability/llm/llama.h"

#include <stddef.h>

const char *wy_llama_lacks(void) {
    return "this withy runs no models by itself (one built with `./do build --llm` does), and "
           "[llm_compute] of the runtime configuration names no server that does";
}
