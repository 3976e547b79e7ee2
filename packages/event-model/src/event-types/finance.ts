// Known event types of bookkeeping: what is owed, paid and overdue for an order.
import { copies, group, type Declaration } from './declare.js'

/** A payment of an order; `side` is the document of the order where its value is kept. */
function payment(
  id: string,
  name: string,
  side: 'payable' | 'receivable' | 'cost' | 'income',
  ids: readonly string[],
  description: string,
): Declaration {
  return {
    id,
    name,
    description,
    tags: ['event:operational', 'entity:payment'],
    journeyStage: 'purchase',
    sample: {
      ledger_id: 'L-1',
      ...Object.fromEntries(ids.map((key) => [key, 'X-1'])),
      order_id: 'O-1001',
      product_id: 'P-1',
      company_id: 'F-1',
      description: 'Lanterns',
      payment: { value: 100, currency: 'GBP', due_date: '2030-01-01 00:00:00' },
    },
    eventMappings: copies({
      'data.ec.order.id': 'properties.order_id',
      [`data.ec.order.${side}.value`]: 'properties.payment.value',
      [`data.ec.order.${side}.currency`]: 'properties.payment.currency',
      [`data.ec.order.${side}.due_date`]: 'properties.payment.due_date',
    }),
    slots: {
      number_1: 'properties.payment.value',
      text_1: 'properties.payment.currency',
      text_2: 'properties.product_id',
    },
  }
}

export const FINANCE_EVENTS = group('finance', [
  payment('account-payable', 'Account Payable', 'payable', ['payable_id'], 'A payment became due by us.'),
  payment('account-receivable', 'Account Receivable', 'receivable', ['receivable_id'], 'A payment became due to us.'),
  payment('payment-sent', 'Payment Sent', 'cost', ['payable_id', 'payment_id'], 'We paid.'),
  payment('payment-received', 'Payment Received', 'income', ['payment_id', 'receivable_id'], 'We were paid.'),
  payment('payable-overdue', 'Payable Overdue', 'payable', ['payable_id'], 'A payment by us is overdue.'),
  payment('receivable-overdue', 'Receivable Overdue', 'receivable', ['receivable_id'], 'A payment to us is overdue.'),
])
