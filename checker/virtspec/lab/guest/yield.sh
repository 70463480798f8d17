. /share/parameters
load yield
[ -c /dev/kvm ] || fail "there is no /dev/kvm"
place_probes
for e in hypercall vcpu_wakeup; do event kvm/kvm_$e; done
event sched/sched_switch 'prev_comm ~ "vcpu*" || next_comm ~ "vcpu*"'
traced kvmyield "$rounds" "$spinners" "$gap_us" "$touch"
hand_over
