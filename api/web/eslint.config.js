import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

const ASK = 'Ask the service for the figure: rows that are loaded may be a page of more. Rows that are all there say so beside.'
/** Figures of loaded rows: sums of them, and how many they are, but for whether there are any. */
const LOADED = [
  "CallExpression[callee.property.name='reduce']",
  ":not(BinaryExpression) > MemberExpression[property.name='length'][object.property.name='rows']",
  ":not(BinaryExpression) > MemberExpression[property.name='length'][object.object.property.name='rows']",
].map((selector) => ({ selector, message: ASK }))

export default ts.config(
  { ignores: ['dist', 'node_modules'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    // A figure on a page is asked for: what is loaded may be a page of more.
    files: ['src/pages/**', 'src/parts/**'],
    rules: {
      'no-restricted-syntax': ['error', ...LOADED],
      'vue/no-restricted-syntax': ['error', ...LOADED],
    },
  },
  {
    // A browser's own field for a file says its words in the browser's language.
    files: ['src/**/*.vue'],
    ignores: ['src/parts/FilePicker.vue'],
    rules: { 'vue/no-restricted-static-attribute': ['error', { key: 'type', value: 'file', message: 'Use FilePicker.' }] },
  },
  {
    rules: {
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/multi-word-component-names': 'off',
    },
  },
)
