/* The files of a component: what its manifest names, copied into a folder that becomes its root. */
#ifndef WY_APP_FILES_H
#define WY_APP_FILES_H

#include "app/app.h"

/* Copies what `component` names of files into the folder `destination`, which exists. Paths and
 * globs without a destination keep their path relative to the application's root; '*' and '?' stay
 * within one name, '**' crosses folders; a folder stands for all below it. Files that match
 * `exclude_files` are left out. Links to files are copied as files, links to folders not followed.
 *
 * WY_NOT_FOUND: a path that is no glob does not exist; WY_INVALID: a path leads out of the
 * application, or out of `destination`; WY_LIMIT: too many or too deep; WY_IO. */
wy_err wy_app_files_stage(const wy_app *app, const wy_app_component *component,
                          const char *destination, wy_diag *diag) WY_MUST_USE;

#endif
