# Only tells the addresses of the kernel's functions.
cat /proc/kallsyms > /share/kallsyms
