/** @module Reports on spending: the cost report, exports, savings, forecasts, and cheaper models that did as well. */

export { buildCostReport, type CostReportInput, type SpendSummary } from './cost-report.ts';
export { estimateSavings, type SavingsInput } from './estimate-savings.ts';
export { exportEntries } from './export-entries.ts';
export { type ForecastCostsInput, forecastCosts, MIN_FORECAST_HISTORY } from './forecast-costs.ts';
