// Subscriptions are refused over HTTP: executed like a query, one would answer once, with nothing.
import type { ApolloServerPlugin } from '@apollo/server'
import { SubscriptionOverHttp } from '../errors.js'

/** Refuses them with SUBSCRIPTION_OVER_HTTP. */
export function subscriptionsPlugin<Context extends object>(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation === 'subscription') throw SubscriptionOverHttp()
        },
      }
    },
  }
}
