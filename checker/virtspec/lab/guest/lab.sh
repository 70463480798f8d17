# Functions for the scripts of the guest. The host listens for lines that start with "LAB: ".
T=/sys/kernel/tracing

say() { echo "LAB: $*"; }
fail() { echo "LAB: failed: $*"; }

# load GROUP: insert the modules of a group in their order, those that are there already excepted
load() {
    for m in $(cat "/mods/$1.list"); do
        [ -d "/sys/module/$m" ] || insmod "/mods/$m.ko" || fail "the module $m cannot be loaded"
    done
}

# place_probes: an empty trace with an atomic counter as its clock (a total order), and the probes of probes.txt.
# No optimized probes: these are jumps, not breakpoints, and run with interrupts on.
place_probes() {
    echo 0 > /proc/sys/debug/kprobes-optimization
    echo 0 > $T/tracing_on
    echo counter > $T/trace_clock
    echo 16384 > $T/buffer_size_kb
    while read -r probe; do
        echo "$probe" >> $T/kprobe_events || fail "the kernel refuses the probe $probe"
    done < /share/probes.txt
    echo 1 > $T/events/kprobes/enable
}

# event NAME [FILTER]: record an event that the kernel has by itself
event() {
    [ -z "$2" ] || echo "$2" > "$T/events/$1/filter" || fail "the kernel refuses the filter $2"
    echo 1 > "$T/events/$1/enable" || fail "the kernel has no event $1"
}

# traced COMMAND...: run the workload while the tracer is on
traced() {
    say "tracing $*"
    echo > $T/trace
    echo 1 > $T/tracing_on
    "$@" || fail "$1 ended with $?"
    echo 0 > $T/tracing_on
}

# hand_over: the trace, how often each probe hit and missed, and what each CPU's buffer lost. Writing takes time, about
# two seconds for a megabyte, so what is worthless is not written.
hand_over() {
    cat $T/kprobe_profile > /share/profile.txt
    for cpu in $T/per_cpu/cpu*; do
        echo "$(basename "$cpu"): $(grep -E 'overrun|dropped' "$cpu/stats" | tr '\n' ',')"
    done > /share/losses.txt
    if grep -q ': [1-9]' /share/losses.txt; then
        fail "there are more events than the buffer holds: let the workload do less"
    else
        say "writing the trace"
        cat $T/trace > /share/trace.txt
    fi
}
