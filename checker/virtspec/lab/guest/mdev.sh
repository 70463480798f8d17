. /share/parameters
load mdev
place_probes
for e in load free put get request; do event module/module_$e; done
echo 'name == "mtty" || name == "mdev"' > $T/events/module/filter
traced mdevrace "$creators" "$removers" "$iters" "$reloads" "$nuuid"
hand_over
! dmesg | grep -E 'WARNING|BUG|Oops' || say "the kernel complains, see above"
