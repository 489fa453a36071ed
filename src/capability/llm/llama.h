/* Llama: models in files, run in this process by llama.cpp, which is an option of the build:
 * llama.c is the only file that knows it, llama_absent.c stands for it in other builds. */
#ifndef WY_CAPABILITY_LLM_LLAMA_H
#define WY_CAPABILITY_LLM_LLAMA_H

/* Why there is none, in words; NULL: there is. */
const char *wy_llama_lacks(void);

#endif
