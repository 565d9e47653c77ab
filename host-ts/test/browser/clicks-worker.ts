// The worker module of the page's tests: what a user's own looks like.
import { serveSlot } from '../../src/adapter-browser/index.ts';
import clicks from '../jobs/clicks.ts';

serveSlot([clicks]);
