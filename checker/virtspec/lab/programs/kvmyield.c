/* kvmyield ROUNDS SPINNERS GAP_US TOUCH
 *
 * A virtual machine of a few bytes that yields to the targets of its interrupts (KVM_HC_SCHED_YIELD). Virtual CPU 0 walks
 * a table of APIC ids and does the hypercall for each: itself, SPINNERS CPUs that spin (with more of them than real
 * CPUs, some are always preempted), one that has halted, an id that is left out, the CPU created last, and ids beyond.
 *
 * KVM learns of the CPU created last only when its map of APIC ids is made anew; until then a yield to it is dropped.
 * TOUCH=1 has the map made anew, by writing that CPU's APIC state back.
 *
 * Uses KVM's ioctl interface alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/kvm_para.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MEMORY = 1 << 16, YIELDING = 0x1000, SPINNING = 0x1100, HALTING = 0x1200, TABLE = 0x2000, RESULTS = 0x3000 };
enum { MOST_CPUS = 16, MOST_CALLS = 900, END = -2, PORT_DONE = 0x11, KVM_LEAF_FEATURES = 0x40000001 };

/* 16-bit code:
 *         mov si, TABLE ; mov di, RESULTS
 *   next: mov ebx, [si] ; mov eax, 11 ; vmmcall ; mov [di], eax ; out 0x10, al
 *         add si, 4 ; add di, 4 ; cmp dword [si], END ; jne next
 *         out 0x11, al ; hlt */
static const unsigned char yielding[] = {
	0xbe, 0x00, 0x20, 0xbf, 0x00, 0x30, 0x66, 0x8b, 0x1c, 0x66, 0xb8, 11, 0, 0, 0, 0x0f, 0x01, 0xd9, 0x66, 0x89,
	0x05, 0xe6, 0x10, 0x83, 0xc6, 4, 0x83, 0xc7, 4, 0x66, 0x83, 0x3c, 0xfe, 0x75, 0xe3, 0xe6, 0x11, 0xf4,
};
static const unsigned char spinning[] = { 0xeb, 0xfe };              /* jmp itself */
static const unsigned char halting[] = { 0xfa, 0xf4, 0xeb, 0xfd };   /* cli ; hlt, for ever */

struct cpu {
	int id, fd;
	struct kvm_run *run;
	pthread_t thread;
};

static int kvm, vm, run_size, gap_us, cpus;
static struct cpu cpu[MOST_CPUS];
static volatile int stop;
static unsigned long calls;

static int checked(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void set_cpuid(struct cpu *c)
{
	static struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 entries[128]; } all;
	all.head.nent = 128;
	checked(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &all), "KVM_GET_SUPPORTED_CPUID");
	for (unsigned i = 0; i < all.head.nent; i++) {
		struct kvm_cpuid_entry2 *e = &all.entries[i];
		if (e->function == 1)
			e->ebx = (e->ebx & 0xffffff) | (unsigned)c->id << 24;
		if (e->function == KVM_LEAF_FEATURES && !(e->eax & 1 << KVM_FEATURE_PV_SCHED_YIELD)) {
			fprintf(stderr, "KVM offers no yield\n");
			exit(1);
		}
	}
	checked(ioctl(c->fd, KVM_SET_CPUID2, &all), "KVM_SET_CPUID2");
}

static void add_cpu(int id, int code)
{
	struct cpu *c = &cpu[cpus++];
	c->id = id;
	c->fd = checked(ioctl(vm, KVM_CREATE_VCPU, id), "KVM_CREATE_VCPU");
	c->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	set_cpuid(c);
	struct kvm_sregs s;
	checked(ioctl(c->fd, KVM_GET_SREGS, &s), "KVM_GET_SREGS");
	s.cs.base = s.cs.selector = s.ds.base = s.es.base = s.ss.base = 0;
	checked(ioctl(c->fd, KVM_SET_SREGS, &s), "KVM_SET_SREGS");
	struct kvm_regs r = { .rip = code, .rflags = 2, .rsp = 0x800 };
	checked(ioctl(c->fd, KVM_SET_REGS, &r), "KVM_SET_REGS");
	struct kvm_mp_state m = { KVM_MP_STATE_RUNNABLE };
	checked(ioctl(c->fd, KVM_SET_MP_STATE, &m), "KVM_SET_MP_STATE");
}

static void *run_cpu(void *argument)
{
	struct cpu *c = argument;
	char name[16];
	snprintf(name, sizeof name, "vcpu%d", c->id);
	prctl(PR_SET_NAME, name);
	while (!stop) {
		if (ioctl(c->fd, KVM_RUN, 0) < 0)
			continue; /* a signal */
		if (c->run->exit_reason != KVM_EXIT_IO) {
			fprintf(stderr, "%s leaves with %u\n", name, c->run->exit_reason);
			stop |= c->id == 0;
			break;
		}
		if (c->run->io.port == PORT_DONE) {
			stop = 1;
			break;
		}
		calls++;
		if (gap_us)
			usleep(gap_us);
	}
	return NULL;
}

static int fill_table(uint32_t *table, int rounds, int spinners)
{
	uint32_t halted = spinners + 1, absent = spinners + 2, last = spinners + 3;
	int n = 0;
	for (int round = 0; round < rounds && n + spinners + 8 <= MOST_CALLS; round++) {
		for (int id = 0; id <= spinners; id++)
			table[n++] = id;
		const uint32_t others[] = { halted, absent, last, last + 1, 255, 0x12345678, 0xffffffff };
		memcpy(table + n, others, sizeof others);
		n += sizeof others / sizeof *others;
	}
	table[n] = END;
	return n;
}

static void nothing(int signal) { (void)signal; }

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	int rounds = atoi(argv[1]), spinners = atoi(argv[2]);
	gap_us = atoi(argv[3]);
	kvm = checked(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	vm = checked(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	checked(ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000), "KVM_SET_TSS_ADDR");
	checked(ioctl(vm, KVM_CREATE_IRQCHIP), "KVM_CREATE_IRQCHIP");
	run_size = checked(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	unsigned char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY, .userspace_addr = (uint64_t)memory };
	checked(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");

	memcpy(memory + YIELDING, yielding, sizeof yielding);
	memcpy(memory + SPINNING, spinning, sizeof spinning);
	memcpy(memory + HALTING, halting, sizeof halting);
	int wanted = fill_table((uint32_t *)(memory + TABLE), rounds, spinners);

	add_cpu(0, YIELDING);
	for (int id = 1; id <= spinners; id++)
		add_cpu(id, SPINNING);
	add_cpu(spinners + 1, HALTING);
	add_cpu(spinners + 3, SPINNING);
	if (atoi(argv[4])) {
		struct kvm_lapic_state state;
		checked(ioctl(cpu[cpus - 1].fd, KVM_GET_LAPIC, &state), "KVM_GET_LAPIC");
		checked(ioctl(cpu[cpus - 1].fd, KVM_SET_LAPIC, &state), "KVM_SET_LAPIC");
	}

	struct sigaction ignore = { .sa_handler = nothing };
	sigaction(SIGUSR1, &ignore, NULL);
	for (int i = cpus - 1; i >= 0; i--)
		pthread_create(&cpu[i].thread, NULL, run_cpu, &cpu[i]);
	pthread_join(cpu[0].thread, NULL);
	stop = 1;
	for (int i = 1; i < cpus; i++) { /* a signal ends KVM_RUN; it may come too early, so try again */
		int tries = 0;
		do {
			pthread_kill(cpu[i].thread, SIGUSR1);
			usleep(20000);
		} while (pthread_tryjoin_np(cpu[i].thread, NULL) && tries++ < 3);
	}
	uint32_t *results = (uint32_t *)(memory + RESULTS);
	int failed = 0;
	for (int i = 0; i < wanted; i++)
		failed += results[i] != 0;
	printf("%lu hypercalls of %d, %d failed\n", calls, wanted, failed);
	fflush(NULL);
	_exit(calls != (unsigned long)wanted);
}
