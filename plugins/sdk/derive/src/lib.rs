//! The derive macro of `weir_monitor::Setting`.
//!
//! A crate of its own because the compiler wants macros to be, and own code because a schema library
//! made each component 70 % larger and its start 1.7 times as long; see `weir_monitor::Setting` for
//! what it derives.

mod field;

use proc_macro::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Error, Fields, Meta, Token, parse_macro_input};

use field::{Field, doc_of, nested};

/// Describes the settings that a struct with named fields holds: see `weir_monitor::Setting`.
#[proc_macro_derive(Setting, attributes(setting))]
pub fn derive_setting(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn derive(input: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "settings are a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(&input.ident, "settings are a struct with named fields"));
    };
    let fields = fields.named.iter().map(Field::read).collect::<syn::Result<Vec<_>>>()?;
    let container = Container::read(input)?;
    let defaults = container.defaults.then(|| quote!(let defaults = <Self as Default>::default();));
    let described = fields.iter().map(|field| field.described(container.defaults));
    let written = fields.iter().map(Field::written);
    let checked = fields.iter().map(Field::checked);
    let checks_further = container.check.map(|check| quote!((#check)(self, problems);));
    let closed = container.deny_unknown_fields;
    let about = doc_of(&input.attrs);
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #impl_generics ::weir_monitor::Setting for #name #type_generics #where_clause {
            fn describe(schema: &mut ::weir_monitor::Schema) {
                #defaults
                schema.open_object(#about, #closed);
                #(#described)*
                schema.close_object();
            }

            fn write(&self, json: &mut ::weir_monitor::Json) {
                json.open('{');
                #(#written)*
                json.close('}');
            }

            fn note_problems(&self, problems: &mut ::weir_monitor::Problems) {
                #(#checked)*
                #checks_further
            }
        }
    })
}

/// What the attributes of the struct say.
struct Container {
    /// `#[serde(default)]`: what is not set has the default's value.
    defaults: bool,
    /// `#[serde(deny_unknown_fields)]`.
    deny_unknown_fields: bool,
    /// `#[setting(check = …)]`: what no range can say.
    check: Option<proc_macro2::TokenStream>,
}

impl Container {
    fn read(input: &DeriveInput) -> syn::Result<Self> {
        let mut container = Self { defaults: false, deny_unknown_fields: false, check: None };
        for attribute in &input.attrs {
            if attribute.path().is_ident("serde") {
                let metas: Punctuated<Meta, Token![,]> =
                    attribute.parse_args_with(Punctuated::parse_terminated)?;
                let says = |word| metas.iter().any(|meta| meta.path().is_ident(word));
                container.defaults |= says("default");
                container.deny_unknown_fields |= says("deny_unknown_fields");
            }
            if attribute.path().is_ident("setting") {
                attribute.parse_nested_meta(|meta| {
                    container.check = Some(nested(&meta, "check")?);
                    Ok(())
                })?;
            }
        }
        Ok(container)
    }
}
