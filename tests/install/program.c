/* The smallest user of the library: the header alone, one call that succeeds and one that fails. */
#include <withy.h>

#include <stdio.h>

int main(void) {
    withy_error error = {0};
    withy_options options;
    withy_options_init(&options);
    int status = withy_run("/does/not/exist.wasm", NULL, 0, &options, &error);
    printf("withy %s: %s\n", withy_version(), error.text);
    return status != 0 && error.code == status ? 0 : 1;
}
