// The worker module of jobs of every shape.
import { serveSlot } from '../../src/adapter-browser/index.ts';
import { graphs } from '../golden/graphs.ts';

serveSlot(Object.values(graphs(0)).map(({ job }) => job));
