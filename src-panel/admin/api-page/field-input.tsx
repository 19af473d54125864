import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { SelectField } from '../../parts/select-field.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { type FieldError, keyOf, type Values } from './api-request.ts';
import type { Field } from './openapi.ts';

interface FieldInputProps {
  field: Field;
  values: Values;
  errors: Readonly<Record<string, FieldError>>;
  onChange: (values: Values) => void;
}

/** One parameter or member of the body, as its schema says. */
export function FieldInput({ field, values, errors, onChange }: FieldInputProps) {
  const { a } = useAdminWords();
  const key = keyOf(field);
  const words = { missing: a.api.missing, number: a.api.badNumber, json: a.api.badJson };
  const places = { path: a.api.path, query: a.api.query, body: a.api.inBody };
  const hint = `${places[field.place]}, ${field.isRequired ? a.api.required : a.api.optional}`;
  const value = values[key] ?? '';
  const set = (text: string) => onChange({ ...values, [key]: text });
  const error = errors[key];
  if (field.kind === 'boolean' || field.kind === 'choice') {
    const options =
      field.kind === 'choice'
        ? field.choices.map((choice) => ({ value: choice, name: choice }))
        : [
            { value: 'true', name: a.api.yes },
            { value: 'false', name: a.api.no },
          ];
    return (
      <SelectField
        label={field.name}
        hint={hint}
        value={value}
        options={[{ value: '', name: a.api.notGiven }, ...options]}
        onChange={set}
      />
    );
  }
  return (
    <TextField
      label={field.name}
      hint={hint}
      value={value}
      autoComplete="off"
      isMono
      error={error ? words[error] : null}
      onChange={set}
    />
  );
}
