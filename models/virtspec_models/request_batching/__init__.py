"""Request batching in virtio-scsi: one doorbell for a list of requests, and everybody who may owe it."""
