/* mdevrace CREATORS REMOVERS ITERATIONS RELOADS UUIDS
 *
 * Creators write UUIDs, few enough to collide, into the `create` files of two of mtty's types. Removers write into the
 * `remove` files of such devices. Meanwhile one process unloads the driver and loads it again, RELOADS times. Each
 * process prints how often which result came: 0, or -errno; 1000 more if the file could not even be opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_OPENED = -1000, KINDS_OF_RESULTS = 64 };

static int uuids;
static struct { int result, times; } seen[KINDS_OF_RESULTS];

static void count(int result)
{
	int i = 0;
	while (i < KINDS_OF_RESULTS - 1 && seen[i].times && seen[i].result != result)
		i++;
	seen[i].result = result;
	seen[i].times++;
}

static void tell(const char *who)
{
	char line[1024];
	int length = snprintf(line, sizeof line, "%s %d:", who, getpid());
	for (int i = 0; i < KINDS_OF_RESULTS && seen[i].times && length < 1000; i++)
		length += snprintf(line + length, 1000 - length, " %d x %d", seen[i].times, seen[i].result);
	line[length++] = '\n';
	if (write(1, line, length) < 0) /* one system call, so that lines do not mix */
		_exit(1);
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), result = 0;
	if (fd < 0)
		return NOT_OPENED - errno;
	if (write(fd, text, strlen(text)) < 0)
		result = -errno;
	close(fd);
	return result;
}

static void some_uuid(char *text)
{
	sprintf(text, "00000000-0000-4000-8000-%012x", rand() % uuids);
}

static void creator(int iterations)
{
	char path[128], uuid[64];
	for (int i = 0; i < iterations; i++) {
		int result, tries = 0;
		sprintf(path, "/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-%d/create", 1 + rand() % 2);
		some_uuid(uuid);
		while ((result = put(path, uuid)) <= NOT_OPENED && tries++ < 500)
			usleep(2000);
		count(result);
		usleep(rand() % 4000);
	}
	tell("create");
}

static void remover(int iterations)
{
	char path[128], uuid[64];
	for (int i = 0; i < iterations; i++) {
		int result, tries = 0;
		do {
			some_uuid(uuid);
			sprintf(path, "/sys/bus/mdev/devices/%s/remove", uuid);
			result = put(path, "1");
			if (result <= NOT_OPENED)
				usleep(rand() % 3000);
		} while (result <= NOT_OPENED && tries++ < 200);
		count(result);
	}
	tell("remove");
}

static void reloader(int reloads)
{
	for (int i = 0; i < reloads; i++) {
		usleep(20000 + rand() % 150000);
		count(syscall(SYS_delete_module, "mtty", O_NONBLOCK) ? -errno : 0);
		int fd = open("/mods/mtty.ko", O_RDONLY | O_CLOEXEC);
		count(syscall(SYS_finit_module, fd, "", 0) ? -errno : 0);
		close(fd);
	}
	tell("reload");
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	int creators = atoi(argv[1]), removers = atoi(argv[2]), iterations = atoi(argv[3]), reloads = atoi(argv[4]);
	uuids = atoi(argv[5]);
	for (int i = 0; i < creators + removers + (reloads > 0); i++) {
		int child = fork();
		if (child < 0)
			return 1;
		if (child)
			continue;
		cpu_set_t cpu;
		CPU_ZERO(&cpu);
		CPU_SET(i % sysconf(_SC_NPROCESSORS_ONLN), &cpu);
		sched_setaffinity(0, sizeof cpu, &cpu);
		srand(77 * i + 1);
		if (i < creators)
			creator(iterations);
		else if (i < creators + removers)
			remover(iterations);
		else
			reloader(reloads);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
