import { useId } from "react";

import type { Field } from "../call/screen";

interface Props {
  field: Field;
  value: string;
  filled: boolean;
  missing: boolean;
  onChange: (value: string) => void;
}

const INPUT_TYPES = new Set(["text", "email", "number", "tel", "date", "time", "url"]);
const AUTOCOMPLETE: Record<string, string> = { email: "email", tel: "tel", name: "name" };

/** One labelled control of a form; it lights up briefly when the server fills it. */
export function FieldInput({ field, value, filled, missing, onChange }: Props) {
  const id = useId();
  const common = {
    id,
    name: field.id,
    required: field.required,
    "aria-invalid": missing,
    "aria-describedby": missing ? `${id}-error` : undefined,
    className: `min-h-11 w-full rounded-lg border bg-surface px-3 py-2 text-[0.9375rem] ${missing ? "border-bad" : "border-edge"} ${filled ? "filled" : ""}`,
  };
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {field.label}
        {field.required && <span className="font-normal text-quiet"> (required)</span>}
      </label>
      <Control field={field} value={value} common={common} onChange={onChange} />
      {missing && (
        <p id={`${id}-error`} className="mt-1 text-sm text-bad">
          Please fill this in.
        </p>
      )}
    </div>
  );
}

interface ControlProps {
  field: Field;
  value: string;
  common: object;
  onChange: (value: string) => void;
}

function Control({ field, value, common, onChange }: ControlProps) {
  if (field.type === "select") {
    return (
      <select {...common} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">Choose…</option>
        {field.choices.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  if (field.type === "textarea") {
    return <textarea {...common} rows={3} placeholder={field.placeholder} value={value} onChange={(event) => onChange(event.target.value)} />;
  }
  if (field.type === "checkbox" || field.type === "boolean") {
    return (
      <input
        {...common}
        className="size-5"
        type="checkbox"
        checked={value === "yes"}
        onChange={(event) => onChange(event.target.checked ? "yes" : "")}
      />
    );
  }
  return (
    <input
      {...common}
      type={INPUT_TYPES.has(field.type) ? field.type : "text"}
      autoComplete={AUTOCOMPLETE[field.type] ?? AUTOCOMPLETE[field.id] ?? "off"}
      placeholder={field.placeholder}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
