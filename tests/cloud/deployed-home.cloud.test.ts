import { describeHome } from '../e2e/run-suite.ts';
import { cloud, tokenFor } from './environment.ts';

describeHome('the home on AWS', async () => ({ url: cloud.MC_URL, token: cloud.MC_TOKEN, tokenFor, close: async () => undefined }));
