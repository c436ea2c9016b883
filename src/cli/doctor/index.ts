/** @module What `switchyard doctor` looks at on this machine, and how its findings are mended and shown. */

export { checkClientVariables, findClientSettings } from './client-variables.ts';
export { type Finding, formatFindings, repairFindings } from './finding.ts';
export { checkConfigFile, checkFileModes, checkIgnoredFolders } from './local-files.ts';
export { describeHiddenPlan, describePlan, readPlanWindows } from './plan-windows.ts';
