/* memhog PROCESSES MEGABYTES ROUNDS HUGE GAP_MS
 *
 * Each process, on a CPU of its own, takes memory, writes a stamp into each page, waits, looks whether the stamps are
 * still there, and gives the memory back. A page that the host took away while it was in use would read as zeros. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define HUGE_PAGE (2UL << 20)

static unsigned long stamp(size_t at, int round)
{
	return at ^ (unsigned long)round ^ 0x5aUL << 40;
}

static int work(int process, size_t length, int rounds, int huge, int gap_ms)
{
	cpu_set_t cpu;
	CPU_ZERO(&cpu);
	CPU_SET(process % sysconf(_SC_NPROCESSORS_ONLN), &cpu);
	sched_setaffinity(0, sizeof cpu, &cpu);

	long lost = 0;
	for (int round = 0; round < rounds; round++) {
		char *all = mmap(NULL, length + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (all == MAP_FAILED)
			return 1;
		char *memory = (char *)(((unsigned long)all + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
		madvise(memory, length, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		for (size_t at = 0; at < length; at += PAGE)
			*(unsigned long *)(memory + at) = stamp(at, round);
		usleep(1000 * gap_ms);
		for (size_t at = 0; at < length; at += PAGE)
			lost += *(unsigned long *)(memory + at) != stamp(at, round);
		munmap(all, length + HUGE_PAGE);
		usleep(1000 * gap_ms * (1 + process));
	}
	if (lost)
		printf("process %d: %ld pages lost what was in them\n", process, lost);
	return lost != 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	size_t length = (size_t)atol(argv[2]) << 20;
	for (int process = 0; process < atoi(argv[1]); process++) {
		int child = fork();
		if (child < 0)
			return 1;
		if (!child)
			_exit(work(process, length, atoi(argv[3]), atoi(argv[4]), atoi(argv[5])));
	}
	int status, failed = 0;
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}
