//! An enum that derives `Variants`.

use proc_macro2::Ident;
use syn::{Data, DeriveInput, Generics, Path};

use super::named::NamedVariant;
use super::{case, crate_path};
use crate::attr::Options;
use crate::case::Case;
use crate::errors::Errors;
use crate::keys::Place;

/// The enum.
pub(crate) struct Variants {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) krate: Path,
    pub(crate) variants: Vec<NamedVariant>,
}

impl Variants {
    /// Reads the enum; `None` when it is none.
    pub(crate) fn read(item: &DeriveInput, errors: &mut Errors) -> Option<Variants> {
        let options = Options::read(Place::ErrorEnum, &item.attrs, errors);
        let krate = crate_path(&options, errors);
        let case = case(&options, errors).unwrap_or(Case::Snake);
        let Data::Enum(data) = &item.data else {
            errors.on(
                &item.ident,
                format_args!("`Variants` needs an enum, but `{}` is none", item.ident),
                "make it an enum, with a variant for each kind of error",
            );
            return None;
        };
        let read = |variant| NamedVariant::read(variant, Place::ErrorVariant, case, errors);
        Some(Variants {
            ident: item.ident.clone(),
            generics: item.generics.clone(),
            krate,
            variants: data.variants.iter().map(read).collect(),
        })
    }
}
