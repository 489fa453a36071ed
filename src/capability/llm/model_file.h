/* Model file: where a model of some name lies in the folder of models. */
#ifndef WY_CAPABILITY_LLM_MODEL_FILE_H
#define WY_CAPABILITY_LLM_MODEL_FILE_H

#include "capability/llm/backend.h"

/* The file of request->model, in its arena: below `folder`, or below a folder in it that is called
 * as the family of models is, NAME, NAME.gguf, or the first *.gguf in the folder NAME.
 * WY_LLM_NO_MODEL: there is none; WY_LLM_FAILED: what there is, is not GGUF. Blocks. */
wy_llm_status wy_llm_model_file(const char *folder, wy_llm_request *request, const char **path_out);

#endif
