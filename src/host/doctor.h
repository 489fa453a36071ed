/* Doctor: what its parts share. Each part looks at one side of an application and reports what it
 * finds; none stops at the first finding. */
#ifndef WY_HOST_DOCTOR_H
#define WY_HOST_DOCTOR_H

#include "app/runtime_config.h"
#include "withy.h"

typedef enum wy_finding {
    WY_FINDING_PROBLEM,
    WY_FINDING_MENDABLE, /* a problem that --fix mends */
    WY_FINDING_MENDED,
    WY_FINDING_NOTE, /* perhaps as it should be */
} wy_finding;

typedef struct wy_doctor {
    wy_arena arena;
    const withy_doctor_options *options;
    const wy_app *app;
    wy_runtime_config runtime;
    void (*write)(void *data, const char *text, size_t len);
    void *data;
    unsigned problems, mendable; /* that are left */
    unsigned count;              /* of findings */
} wy_doctor;

/* A finding, with what to do about it. */
void wy_doctor_report(wy_doctor *d, wy_finding finding, const char *fmt, ...) WY_PRINTF(3, 4);
/* What mending came to: a problem that is mended, or is left and could be. */
wy_finding wy_doctor_outcome(const wy_doctor *d, bool mended);

/* Binaries: whether they are there, are components, and get what they import. */
void wy_doctor_components(wy_doctor *d);
/* What the build commands of a component call. */
void wy_doctor_tools(wy_doctor *d, const wy_app_component *component);
/* What the machine must have ready: labels, folders, the port. */
void wy_doctor_machine(wy_doctor *d);
/* Whether what is wrong with a manifest is the line that says its version; reported, and mended
 * where that is wanted. */
bool wy_doctor_version(wy_doctor *d, const char *path, bool *mended_out);

#endif
