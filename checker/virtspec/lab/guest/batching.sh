. /share/parameters
load batching
for _ in $(seq 40); do [ -b /dev/sda ] && break; sleep 0.25; done
[ -b /dev/sda ] || fail "there is no disk"
echo "$sched" > /sys/block/sda/queue/scheduler || fail "there is no scheduler $sched"
[ -z "$depth" ] || echo "$depth" > /sys/block/sda/device/queue_depth
place_probes
for e in rq_issue rq_complete rq_requeue plug unplug; do event block/block_$e; done
for e in start done error; do event scsi/scsi_dispatch_cmd_$e; done
traced aio_batch /dev/sda "$procs" "$batch" "$rounds" "$rw"
hand_over
