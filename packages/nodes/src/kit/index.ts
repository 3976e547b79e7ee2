// What a node file imports: how a node is declared, what it can be told, and how it reports failures.
export { defineNode, nodeError, port } from '@segue/workflow-engine'
export { amount, condition, dataField, keyName, profileField, template, value } from './fields.js'
