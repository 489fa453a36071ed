// A command: cli ACTION [ARGS]. What a program written against the C library sees of the host.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int failed(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

static int do_args(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        printf("%d %s\n", i, argv[i]);
    }
    return 0;
}

static int do_env(int argc, char **argv) {
    (void)argc, (void)argv;
    for (char **e = environ; *e != NULL; e++) {
        puts(*e);
    }
    return 0;
}

static int do_copy(int argc, char **argv) {
    (void)argc, (void)argv;
    char buffer[4096];
    ssize_t n;
    while ((n = read(0, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0; done < n;) {
            ssize_t wrote = write(1, buffer + done, (size_t)(n - done));
            if (wrote < 0) {
                return failed("write");
            }
            done += wrote;
        }
    }
    return n < 0 ? failed("read") : 0;
}

static int do_exit(int argc, char **argv) {
    printf("leaving\n");
    exit(argc > 2 ? atoi(argv[2]) : 3);
}

static int do_trap(int argc, char **argv) {
    (void)argc, (void)argv;
    __builtin_trap();
}

static int do_list(int argc, char **argv) {
    DIR *dir = opendir(argc > 2 ? argv[2] : ".");
    if (dir == NULL) {
        return failed("opendir");
    }
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            printf("%s%s\n", entry->d_name, entry->d_type == DT_DIR ? "/" : "");
        }
    }
    closedir(dir);
    return 0;
}

// Makes, reads, seeks in, renames and removes files below the folder given.
static int do_files(int argc, char **argv) {
    if (argc < 3 || chdir(argv[2]) != 0) {
        return failed("chdir");
    }
    FILE *file = fopen("one.txt", "w+");
    if (file == NULL) {
        return failed("fopen");
    }
    fprintf(file, "one two three\n");
    fseek(file, 4, SEEK_SET);
    char word[8] = {0};
    if (fscanf(file, "%7s", word) != 1) {
        return failed("fscanf");
    }
    fclose(file);
    struct stat about;
    if (stat("one.txt", &about) != 0) {
        return failed("stat");
    }
    printf("word %s size %lld\n", word, (long long)about.st_size);
    if (mkdir("sub", 0755) != 0 || rename("one.txt", "sub/two.txt") != 0) {
        return failed("rename");
    }
    int fd = open("sub/two.txt", O_WRONLY | O_APPEND);
    if (fd < 0 || write(fd, "four\n", 5) != 5 || ftruncate(fd, 18) != 0 || fsync(fd) != 0) {
        return failed("append");
    }
    close(fd);
    if (symlink("two.txt", "sub/link") != 0 || stat("sub/link", &about) != 0) {
        return failed("symlink");
    }
    printf("size %lld kind %s\n", (long long)about.st_size,
           S_ISREG(about.st_mode) ? "file" : "other");
    if (rmdir("sub") == 0 || errno != ENOTEMPTY) {
        return failed("rmdir of a full folder");
    }
    if (unlink("sub/link") != 0 || unlink("sub/two.txt") != 0 || rmdir("sub") != 0) {
        return failed("cleaning up");
    }
    if (open("one.txt", O_RDONLY) >= 0 || errno != ENOENT) {
        return failed("open of what is gone");
    }
    puts("done");
    return 0;
}

static int do_read(int argc, char **argv) {
    FILE *file = fopen(argc > 2 ? argv[2] : "/etc/passwd", "r");
    if (file == NULL) {
        return failed("fopen");
    }
    int c;
    while ((c = getc(file)) != EOF) {
        putchar(c);
    }
    fclose(file);
    return 0;
}

static int do_clock(int argc, char **argv) {
    (void)argc, (void)argv;
    struct timespec wall, before, after, nap = {.tv_nsec = 20000000};
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&nap, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long ms =
        (long)(after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    printf("%lld\n%s\n", (long long)wall.tv_sec, ms >= 19 && ms < 2000 ? "slept" : "did not sleep");
    return 0;
}

static int do_random(int argc, char **argv) {
    (void)argc, (void)argv;
    unsigned char bytes[16];
    if (getentropy(bytes, sizeof bytes) != 0) {
        return failed("getentropy");
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        printf("%02x", bytes[i]);
    }
    putchar('\n');
    return 0;
}

static int do_tty(int argc, char **argv) {
    (void)argc, (void)argv;
    printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} actions[] = {
    {"args", do_args},   {"env", do_env},       {"copy", do_copy},   {"exit", do_exit},
    {"trap", do_trap},   {"list", do_list},     {"files", do_files}, {"read", do_read},
    {"clock", do_clock}, {"random", do_random}, {"tty", do_tty},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(argv[1], actions[i].name) == 0) {
            return actions[i].run(argc, argv);
        }
    }
    fprintf(stderr, "unknown action\n");
    return 2;
}
