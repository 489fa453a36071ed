/* What a program of its own gets out of a Redis server: one command, 64 at a time in a row on one
 * connection. bench_redis PORT ROUNDS COMMAND prints commands a second and this program's CPU
 * microseconds for each. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define AT_ONCE 64

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void round_of(redisContext *redis, const char *command) {
    void *reply;
    for (int i = 0; i < AT_ONCE; i++)
        redisAppendCommand(redis, command);
    for (int i = 0; i < AT_ONCE; i++) {
        if (redisGetReply(redis, &reply) != REDIS_OK) exit(1);
        freeReplyObject(reply);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    redisContext *redis = redisConnect("127.0.0.1", atoi(argv[1]));
    if (!redis || redis->err) return 1;
    long rounds = atol(argv[2]);
    double began = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < rounds; i++)
        round_of(redis, argv[3]);
    double count = (double)rounds * AT_ONCE;
    printf("%.0f %.3f\n", count / (seconds(CLOCK_MONOTONIC) - began),
           (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / count);
    redisFree(redis);
    return 0;
}
