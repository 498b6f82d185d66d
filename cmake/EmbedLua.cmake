# rota_embed_lua(<output.cc> <header> <file.lua>...)
#
# Makes, when the build is configured, a source file that defines rota::redis::lua::k<Name> for each <name>.lua; a
# changed script configures the build again. <header> declares them.
function(rota_embed_lua output header)
  set(definitions "")
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    get_filename_component(name ${file} NAME_WE)
    string(SUBSTRING ${name} 0 1 first)
    string(SUBSTRING ${name} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND definitions "const std::string_view k${first}${rest} = R\"lua(\n${text})lua\";\n")
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY
       CONTENT "#include \"${header}\"\n\nnamespace rota::redis::lua {\n\n@definitions@\n}  // namespace rota::redis::lua\n")
endfunction()
