// The clicks at a leisurely pace (about two seconds on two slots), so that a test can interrupt them.
import { clicksJob } from './clicks.ts';

export default clicksJob('slow clicks', 5_000);
