import { accepted, ApiError, createClient, graphql, type Credentials } from '@segue/api-client'

const CREATE_SEGMENT = graphql(`
  mutation ($input: CreateSegmentInput!) {
    createSegment(input: $input) {
      segment {
        id
        name
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`)

/** Makes a segment unless there is one of that name; gives its id, or undefined. */
export async function makeSegment(url: string, signIn: Credentials, name: string): Promise<string | undefined> {
  const client = createClient({ url, signIn })
  try {
    const { createSegment } = await client.request(CREATE_SEGMENT, { input: { name } })
    return accepted(createSegment).segment?.id
  } catch (error) {
    if (error instanceof ApiError && error.code === 'SEGMENT_NAME_TAKEN') return undefined
    throw error
  } finally {
    await client.close()
  }
}
