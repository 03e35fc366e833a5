/** One line of text for each item, and the total. */
export function renderInvoice(items, currency) {
  const lines = items.map(({ name, count, price }) => {
    const amount = Math.round(count * price * 100) / 100;
    return `${count} x ${name}: ${amount.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',')} ${currency}`;
  });
  const total = Math.round(items.reduce((sum, { count, price }) => sum + count * price, 0) * 100) / 100;
  return [...lines, `Total: ${total.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',')} ${currency}`].join('\n');
}
