import { describeHome } from '../e2e/run-suite.ts';
import { cloud } from './environment.ts';

describeHome('the home on AWS', async () => ({ url: cloud.MC_URL, token: cloud.MC_TOKEN, close: async () => undefined }));
