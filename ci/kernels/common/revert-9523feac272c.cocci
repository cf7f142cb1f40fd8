// Reverts 9523feac272c ("net/9p: Switch to wait_event_killable()", v4.15-rc1).
// Usage, in the top of a kernel tree:
//   spatch --sp-file revert-9523feac272c.cocci --in-place net/9p/client.c net/9p/trans_virtio.c net/9p/trans_xen.c
// Every wait of these three files that ends only for a fatal signal ends for any signal again. Those of
// trans_rdma.c were not touched upstream.

@@
expression queue, condition;
@@
-wait_event_killable(queue, condition)
+wait_event_interruptible(queue, condition)
