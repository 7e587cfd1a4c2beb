import { parentPort } from 'node:worker_threads';
import { runStretch, type Stretch } from './campaign.ts';
import { Groundwork } from './groundwork.ts';

const groundwork = Groundwork.lay();

/** One thread of a campaign: a stretch of seeds in, what became of it out. */
parentPort?.on('message', (stretch: Stretch) => {
  void groundwork.then((laid) => runStretch(laid, stretch)).then((result) => parentPort?.postMessage(result));
});
