"""The laboratory: a stock Debian kernel, booted under emulation and traced while a workload stresses one mechanism.

    kinds          what can be traced, with which parameters, on which virtual devices
    tools          the programs that the host must have, and the packages that hold them
    packages       Debian's packages, fetched and unpacked by apt-get and dpkg-deb
    store          the cache folder: every product is made once and whole
    elf, btf       as much of these formats as is needed: sections, functions, offsets of members
    kernel         a kernel to be probed, that of the store or the running one: its code, its symbols, its types
    disassembly    instructions, the calls among them, and where a function is left
    probes         the specifications in `probes/`, and where in a kernel's code each probe goes
    initramfs      what the guest boots into: busybox, modules in their order, the workload
    machine        the emulator's command line, one run of it, and whether what it traced is complete
    tracing        one trace, from placing the probes to its first line
    processes      one child process that tells what it says and does not outlive us

Data files: `probes/` (one specification for each kind), `guest/` (shell scripts that run in the guest), `programs/` (the
workloads in C, built on the host without shared libraries). Nothing is ever installed, and nothing needs to be root:
packages are unpacked into the store. This package stands beside `bench` and imports the errors alone; what a trace
means is the matter of `conform`.
"""
