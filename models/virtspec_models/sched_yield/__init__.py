"""PV sched yield: a vCPU that waits for another gives its CPU up; KVM, 2019, in every version until today."""
