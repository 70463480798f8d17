"""Mediated devices: create, remove by sysfs, unregister; vfio/mdev, 2019, in every version until today."""
