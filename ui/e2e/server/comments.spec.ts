import { expect } from '@playwright/test';
import { faults, settled } from '../axe.ts';
import { Api } from './api.ts';
import { cell, test, watch } from './fixtures.ts';

test('two people comment on a cell, mention each other, see where the other is, and resolve the thread', async ({
  demo: page,
  morket,
  browser,
  console: said,
}) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Hands', 'Companies', [
    ['Company', 'Website'],
    ['Apple', 'apple.com'],
    ['Adobe', 'adobe.com'],
  ]);
  const link = await api.invite(morket, ws, 'grace@example.com', 'member');
  const other = await browser.newPage();
  watch(other, said);
  await test.step('the invited one joins by the link', async () => {
    await other.goto(morket.url + link);
    await other.getByLabel('Name').fill('Grace Hopper');
    await other.getByLabel('Password', { exact: true }).fill('a long enough passphrase 7');
    await other.getByRole('button', { name: 'Join' }).click();
    await expect(other.getByRole('navigation', { name: 'Workspace' })).toBeVisible();
    await other.goto(`${morket.url}/w/${ws}/tables/${table}`);
    await (await cell(other, 1, 'Website')).click();
  });
  await page.goto(`/w/${ws}/tables/${table}`);

  await test.step('each sees who is there, which cell they have, and that they edit it', async () => {
    await expect(page.getByRole('list', { name: 'Also in this table' })).toContainText('Grace Hopper');
    await expect(await cell(page, 1, 'Website')).toHaveAttribute('data-here', 'Grace Hopper');
    await (await cell(other, 1, 'Website')).dblclick();
    await expect(await cell(page, 1, 'Website')).toHaveAttribute('data-here', 'Grace Hopper is editing');
    await other.keyboard.press('Escape');
    await expect(await cell(page, 1, 'Website')).toHaveAttribute('data-here', 'Grace Hopper');
  });

  const panel = page.getByRole('complementary', { name: 'Comments on row 1' });
  await test.step('a comment with a mention, by keyboard only', async () => {
    await (await cell(page, 0, 'Company')).click();
    await page.keyboard.press('Control+Alt+m');
    await page.keyboard.type('quick'); // before the code of the panel is here: nothing of it goes into the cell
    await expect(panel.getByRole('textbox', { name: 'Comment on Company' })).toBeFocused();
    await expect(await cell(page, 0, 'Company')).toHaveText('Apple');
    await panel.getByRole('textbox', { name: 'Comment on Company' }).fill('');
    await page.keyboard.type('Is this the fruit, @gra');
    await expect(panel.getByRole('option', { name: /Grace Hopper/ })).toBeVisible();
    await page.keyboard.press('Enter');
    await page.keyboard.type('or not?');
    await page.keyboard.press('Control+Enter');
    await expect(panel.getByRole('article', { name: 'Thread about Company' })).toContainText(
      'Is this the fruit, @Grace Hopper or not?',
    );
    await expect(await cell(page, 0, 'Company')).toHaveClass(/mk-said/);
    await settled(page);
    expect(await faults(page)).toEqual([]);
  });

  await test.step('the other is told, and answers', async () => {
    await expect(await cell(other, 0, 'Company')).toHaveClass(/mk-said/);
    await other.getByRole('button', { name: 'Mentions of you, 1 unread' }).click();
    const list = other.getByRole('dialog', { name: 'Mentions of you' });
    await expect(list).toContainText('New');
    await settled(other);
    expect(await faults(other)).toEqual([]);
    await list.getByRole('button', { name: /Is this the fruit/ }).click();
    await expect(other).toHaveURL(/\/rows\/row_/);
    await expect(other.getByRole('button', { name: 'Mentions of you', exact: true })).toBeVisible();
    const thread = other.getByRole('article', { name: 'Thread about Company' });
    await thread.getByRole('button', { name: 'Reply' }).click();
    await other.keyboard.type('No, the records');
    await other.keyboard.press('Control+Enter');
    await expect(thread).toContainText('No, the records');
    await expect(thread.getByRole('button', { name: 'More about this comment' })).toHaveCount(1);
  });

  await test.step('it is edited, resolved, found again and deleted', async () => {
    const thread = panel.getByRole('article', { name: 'Thread about Company' });
    await expect(thread).toContainText('No, the records');
    await thread.getByRole('button', { name: 'More about this comment' }).first().click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await expect(thread.getByRole('textbox', { name: 'Edit the comment' })).toHaveValue(
      'Is this the fruit, @Grace Hopper or not?',
    );
    await thread.getByRole('textbox', { name: 'Edit the comment' }).fill('Which Apple is this?');
    await thread.getByRole('button', { name: 'Save' }).click();
    await expect(thread).toContainText('edited');
    await thread.getByRole('button', { name: 'Resolve' }).click();
    await expect(panel).toContainText('No open comments');
    await expect(await cell(page, 0, 'Company')).not.toHaveClass(/mk-said/);
    await panel.getByRole('button', { name: 'Show 1 resolved thread' }).click();
    await thread.getByRole('button', { name: 'Reopen' }).click();
    for (const left of [1, 0]) {
      await thread.getByRole('button', { name: 'More about this comment' }).first().click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await expect(thread).toHaveCount(left);
    }
    await expect(panel).toContainText('No comments yet');
  });

  await test.step('who leaves is gone', async () => {
    await other.close();
    await expect(page.getByRole('list', { name: 'Also in this table' })).toHaveCount(0);
  });
});
