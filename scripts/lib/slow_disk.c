/* Preloaded into a process whose disk is to be slow: what makes writes safe takes so many milliseconds longer as the first
   number of the file in SLOW_DISK says, at any time; one that waits goes on when it falls. The second number counts them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *milliseconds;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SLOW_DISK");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *place = mmap(0, 2 * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) milliseconds = place;
    close(file);
}

static void wait_for_disk(void) {
    const struct timespec step = {.tv_sec = 0, .tv_nsec = 5000000};
    if (milliseconds && *milliseconds > 0) __atomic_fetch_add(&milliseconds[1], 1, __ATOMIC_RELAXED);
    for (int64_t waited = 0; milliseconds && waited < *milliseconds; waited += 5) nanosleep(&step, 0);
}

int fdatasync(int file) {
    wait_for_disk();
    return (int)syscall(SYS_fdatasync, file);
}

int fsync(int file) {
    wait_for_disk();
    return (int)syscall(SYS_fsync, file);
}
