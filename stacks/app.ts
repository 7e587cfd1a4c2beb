/** `cdk` runs this file (cdk.json). Findings of cdk-nag fail the synthesis. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundledCode } from './function-code.ts';
import { addMaestroHome } from './maestro-home.ts';
import { readSettings } from './settings.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
addMaestroHome(app, readSettings(app.node), bundledCode());
