/* aio_batch FILE PROCESSES BATCH ROUNDS r|w
 *
 * Each process runs on a CPU of its own. In each round it submits BATCH requests of 4 KiB past the page cache with one
 * system call, so that the block layer plugs them, and waits for all of them. Nobody else's requests lie next to them,
 * so none are merged. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 4096, STRIDE = 64 << 10, SPAN = 56 << 20 };

static void give_up(const char *what)
{
	perror(what);
	_exit(1);
}

static void submit_all(aio_context_t context, struct iocb **requests, int count)
{
	for (int done = 0; done < count;) {
		int n = syscall(SYS_io_submit, context, (long)(count - done), requests + done);
		if (n <= 0)
			give_up("io_submit");
		done += n;
	}
}

static int reap_all(aio_context_t context, struct io_event *events, int count)
{
	int wrong = 0;
	for (int done = 0; done < count;) {
		int n = syscall(SYS_io_getevents, context, 1L, (long)(count - done), events, NULL);
		if (n < 0)
			give_up("io_getevents");
		for (int i = 0; i < n; i++)
			wrong += (long)events[i].res != SIZE;
		done += n;
	}
	return wrong;
}

static int work(const char *path, int process, int batch, int rounds, int writing)
{
	cpu_set_t cpu;
	CPU_ZERO(&cpu);
	CPU_SET(process % sysconf(_SC_NPROCESSORS_ONLN), &cpu);
	sched_setaffinity(0, sizeof cpu, &cpu);

	int fd = open(path, (writing ? O_RDWR : O_RDONLY) | O_DIRECT);
	if (fd < 0)
		give_up(path);
	aio_context_t context = 0;
	if (syscall(SYS_io_setup, batch, &context))
		give_up("io_setup");
	char *buffer;
	if (posix_memalign((void **)&buffer, SIZE, (size_t)SIZE * batch))
		give_up("posix_memalign");
	memset(buffer, 'A' + process, (size_t)SIZE * batch);

	struct iocb requests[batch], *pointers[batch];
	struct io_event events[batch];
	int wrong = 0;
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < batch; i++) {
			long number = ((long)process * rounds + round) * batch + i;
			requests[i] = (struct iocb){
				.aio_fildes = fd,
				.aio_lio_opcode = writing ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
				.aio_buf = (uint64_t)(uintptr_t)(buffer + (size_t)SIZE * i),
				.aio_nbytes = SIZE,
				.aio_offset = number * STRIDE % SPAN,
			};
			pointers[i] = &requests[i];
		}
		submit_all(context, pointers, batch);
		wrong += reap_all(context, events, batch);
	}
	if (wrong)
		printf("process %d: %d requests failed\n", process, wrong);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	for (int process = 0; process < atoi(argv[2]); process++) {
		int child = fork();
		if (child < 0)
			give_up("fork");
		if (!child)
			_exit(work(argv[1], process, atoi(argv[3]), atoi(argv[4]), argv[5][0] == 'w'));
	}
	int status, failed = 0;
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}
