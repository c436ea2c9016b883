/** @module Reports on spending: the cost report, exports, savings, forecasts, and cheaper models that did as well. */

export { buildCostReport, type CostReportInput, type SpendSummary } from './cost-report.ts';
export { estimateSavings, type SavingsInput } from './estimate-savings.ts';
export { exportEntries } from './export-entries.ts';
export { type ForecastCostsInput, forecastCosts } from './forecast-costs.ts';
