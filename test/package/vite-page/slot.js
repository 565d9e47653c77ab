// The page's own worker: it registers the jobs that its slots can run.
import { serveSlot } from 'sluice/browser';
import orders from './orders-job.mjs';

serveSlot([orders]);
