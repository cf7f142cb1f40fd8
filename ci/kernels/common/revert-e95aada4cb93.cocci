// Reverts e95aada4cb93 ("pipe: wakeup wr_wait after setting max_usage", v6.8-rc1; 6.1.76 and others).
// Usage, in the top of a kernel tree:
//   spatch --sp-file revert-e95aada4cb93.cocci --in-place fs/pipe.c
// The wake-up stays in pipe_resize_ring(), the two assignments go back into pipe_set_size(), after the
// call: the writer is woken before max_usage is raised.  kernel/watch_queue.c was not touched upstream.
// Both rules must match or none is applied.

@ resize exists @
identifier P, N;
@@
 int pipe_resize_ring(struct pipe_inode_info *P, unsigned int N)
 {
 ...
 if (!pipe_has_watch_queue(P)) {
   P->max_usage = N;
   P->nr_accounted = N;
 }
 ...
 wake_up_interruptible(&P->wr_wait);
 ...
 }

@ setsize depends on resize @
identifier ret, pipe, nr_slots, out;
@@
 ret = pipe_resize_ring(pipe, nr_slots);
 if (ret < 0)
   goto out;
+pipe->max_usage = nr_slots;
+pipe->nr_accounted = nr_slots;
 return pipe->max_usage * PAGE_SIZE;

@ depends on setsize @
identifier resize.P, resize.N;
@@
 int pipe_resize_ring(struct pipe_inode_info *P, unsigned int N)
 {
 ...
-if (!pipe_has_watch_queue(P)) {
-  P->max_usage = N;
-  P->nr_accounted = N;
-}
 ...
 }
