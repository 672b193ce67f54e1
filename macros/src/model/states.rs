//! An enum that derives `States`.

use proc_macro2::Ident;
use syn::{Data, DeriveInput, Fields, Path};

use super::named::NamedVariant;
use super::{case, crate_path};
use crate::attr::Options;
use crate::case::Case;
use crate::errors::Errors;
use crate::keys::Place;

/// The enum.
pub(crate) struct States {
    pub(crate) ident: Ident,
    pub(crate) krate: Path,
    pub(crate) states: Vec<NamedVariant>,
}

impl States {
    /// Reads the enum; `None` when it is not a plain one.
    pub(crate) fn read(item: &DeriveInput, errors: &mut Errors) -> Option<States> {
        let options = Options::read(Place::Enum, &item.attrs, errors);
        let krate = crate_path(&options, errors);
        let case = case(&options, errors).unwrap_or(Case::Snake);
        let Data::Enum(data) = &item.data else {
            errors.on(
                &item.ident,
                format_args!("`States` needs an enum, but `{}` is none", item.ident),
                "list the states as the variants of an enum",
            );
            return None;
        };
        if !item.generics.params.is_empty() {
            errors.on(
                &item.generics,
                format_args!(
                    "`{}` is generic, so its states are not one closed set",
                    item.ident
                ),
                "derive `States` for an enum without parameters",
            );
            return None;
        }
        let mut states = Vec::new();
        for variant in &data.variants {
            states.push(NamedVariant::read(variant, Place::Variant, case, errors));
            if !matches!(variant.fields, Fields::Unit) {
                errors.on(
                    &variant.fields,
                    format_args!("state `{}` carries fields", variant.ident),
                    "keep what it carries elsewhere: a state is only a name",
                );
            }
        }
        Some(States {
            ident: item.ident.clone(),
            krate,
            states,
        })
    }
}
