. /share/parameters
load reporting
place_probes
# Of the allocator's events those of pages at the head of a block; of the virtqueues the one that reports.
mask=0x1ff
[ -z "$order" ] || mask=$(((1 << order) - 1))
for e in alloc free alloc_zone_locked; do event kmem/mm_page_$e "!(pfn & $mask)"; done
for e in kick_in add_in; do event kprobes/$e 'idx==3'; done
echo madvise > /sys/kernel/mm/transparent_hugepage/enabled # off by default below 512 MB
[ -z "$order" ] || echo "$order" > /sys/module/page_reporting/parameters/page_reporting_order
work() {
    sleep 3 # the first report comes two seconds after the memory has become free
    memhog "$procs" "$mb" "$rounds" "$huge" "$gap_ms" || return
    sleep 4
}
traced work
hand_over
