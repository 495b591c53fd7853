import { createTable } from '@/features/tables/api/tables';
import { batchRows } from '@/features/grid/api/rows';
import { createEnrichment } from '@/features/enrichment/api/enrichment';
import { typeOfStep } from '@/features/enrichment/config';
import { fromTemplate, templates } from '@/features/enrichment/templates';
import type { Credential, Provider, Table } from '@/api/types';

/** Twenty companies of the S&P 500 index, as the public-domain list of the Open Knowledge Foundation has them. */
const companies: readonly (readonly [name: string, industry: string, headquarters: string])[] = [
  ['3M', 'Industrials', 'Saint Paul, Minnesota'],
  ['Adobe Inc.', 'Information Technology', 'San Jose, California'],
  ['Airbnb', 'Consumer Discretionary', 'San Francisco, California'],
  ['Akamai Technologies', 'Information Technology', 'Cambridge, Massachusetts'],
  ['Amgen', 'Health Care', 'Thousand Oaks, California'],
  ['Autodesk', 'Information Technology', 'San Francisco, California'],
  ['BlackRock', 'Financials', 'New York City, New York'],
  ['Caterpillar Inc.', 'Industrials', 'Irving, Texas'],
  ['Cisco', 'Information Technology', 'San Jose, California'],
  ['Cummins', 'Industrials', 'Columbus, Indiana'],
  ['eBay Inc.', 'Consumer Discretionary', 'San Jose, California'],
  ['FedEx', 'Industrials', 'Memphis, Tennessee'],
  ['Garmin', 'Consumer Discretionary', 'Schaffhausen, Switzerland'],
  ['Hilton Worldwide', 'Consumer Discretionary', 'Tysons Corner, Virginia'],
  ['Intuit', 'Information Technology', 'Mountain View, California'],
  ['Kroger', 'Consumer Staples', 'Cincinnati, Ohio'],
  ['Lululemon Athletica', 'Consumer Discretionary', 'Vancouver, Canada'],
  ['Netflix', 'Communication Services', 'Los Gatos, California'],
  ['Salesforce', 'Information Technology', 'San Francisco, California'],
  ['Uber', 'Industrials', 'San Francisco, California'],
];

/** The column that the sample is about: found by providers that are free and need no key. */
const FIRST = 'company-domain';

/** Makes a table of twenty companies whose last column is an enrichment that is ready to run. */
export async function makeSample(
  ws: string,
  providers: readonly Provider[],
  credentials: readonly Credential[],
): Promise<Table> {
  const table = await createTable(ws, {
    name: 'Sample companies',
    columns: [
      { name: 'Company', type: 'text' },
      { name: 'Industry', type: 'select' },
      { name: 'Headquarters', type: 'text' },
    ],
  });
  const operations = companies.map(([Company, Industry, Headquarters]) => ({
    op: 'insert' as const,
    cells: { Company, Industry, Headquarters },
  }));
  await batchRows(ws, table.id, operations, true);
  const template = templates.find((t) => t.id === FIRST);
  const config = template && fromTemplate(template, table, providers, credentials);
  const step = config?.steps[0];
  if (template && config && step) {
    const provider = providers.find((p) => p.slug === step.provider);
    await createEnrichment(ws, table.id, template.name, typeOfStep(provider, step), config);
  }
  return table;
}
