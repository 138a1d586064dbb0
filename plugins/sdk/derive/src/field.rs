//! One field of the settings.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, ExprLit, Lit, LitStr, Meta, Type};

/// One field, and what its attributes say of it.
pub(crate) struct Field<'a> {
    ident: &'a syn::Ident,
    ty: &'a Type,
    /// As it is written in the settings.
    name: String,
    about: String,
    /// `#[setting(range = …)]`: the inclusive range of what will do.
    range: Option<TokenStream>,
}

impl<'a> Field<'a> {
    pub(crate) fn read(field: &'a syn::Field) -> syn::Result<Self> {
        let Some(ident) = &field.ident else {
            return Err(Error::new_spanned(field, "a setting has a name"));
        };
        let (mut renamed, mut range) = (None, None);
        for attribute in &field.attrs {
            if attribute.path().is_ident("serde") {
                renamed = renamed.or(rename_of(attribute));
            } else if attribute.path().is_ident("setting") {
                attribute.parse_nested_meta(|meta| {
                    range = Some(nested(&meta, "range")?);
                    Ok(())
                })?;
            }
        }
        let name = renamed.unwrap_or_else(|| ident.to_string());
        Ok(Self { ident, ty: &field.ty, name, about: doc_of(&field.attrs), range })
    }

    /// The field's part of the schema.
    pub(crate) fn described(&self, has_default: bool) -> TokenStream {
        let Self { ident, ty, name, about, range } = self;
        let range = range.as_ref().map(|range| quote!(schema.range(&(#range));));
        let default = has_default.then(|| quote!(schema.default_value(&defaults.#ident);));
        quote! {
            schema.open_property(#name, #about);
            <#ty as ::weir_monitor::Setting>::describe(schema);
            #range
            #default
            schema.close_property();
        }
    }

    /// The field as a member of the settings' own JSON.
    pub(crate) fn written(&self) -> TokenStream {
        let Self { ident, name, .. } = self;
        quote! {
            json.key(#name);
            ::weir_monitor::Setting::write(&self.#ident, json);
        }
    }

    /// What finds the field out of its range.
    pub(crate) fn checked(&self) -> TokenStream {
        let Self { ident, name, range, .. } = self;
        let range = range
            .as_ref()
            .map(|range| quote!(problems.check_range(#name, &self.#ident, &(#range));));
        quote!(#range)
    }
}

/// The text of `#[serde(rename = "…")]`.
fn rename_of(attribute: &Attribute) -> Option<String> {
    let mut renamed = None;
    // What else serde reads here is serde's to check.
    let _ = attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("rename") {
            renamed = Some(meta.value()?.parse::<LitStr>()?.value());
        }
        Ok(())
    });
    renamed
}

/// The value of `#[setting(name = …)]`: whatever expression it is, which is the compiler's to read.
pub(crate) fn nested(meta: &ParseNestedMeta<'_>, name: &str) -> syn::Result<TokenStream> {
    if meta.path.is_ident(name) {
        return meta.value()?.parse();
    }
    let found = meta.path.to_token_stream();
    Err(meta.error(format!("expected `{name} = …`, not `{found}`")))
}

/// The documentation comment as one paragraph: what people read about the setting.
pub(crate) fn doc_of(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}
