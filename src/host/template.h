/* Template: what `new` and `add` begin with: files that are part of the program (templates/). */
#ifndef WY_HOST_TEMPLATE_H
#define WY_HOST_TEMPLATE_H

#include <stddef.h>

/* A file of a template. In path and content %NAME%, %SNAKE%, %DESCRIPTION%, %PREFIX% and %WORKDIR%
 * are replaced; `component.toml` becomes part of the manifest, where it goes on with the table of
 * the trigger. */
typedef struct wy_template_file {
    const char *name; /* of the template */
    const char *path;
    const char *bytes, *end;
} wy_template_file;

extern const wy_template_file wy_template_files[];
extern const size_t wy_template_file_count;

#endif
